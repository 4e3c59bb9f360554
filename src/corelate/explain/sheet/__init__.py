"""Pictures with their right, wrong and missed tags."""

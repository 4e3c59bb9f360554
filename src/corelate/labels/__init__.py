"""What is known about labels before any picture is seen."""

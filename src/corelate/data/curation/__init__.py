"""Vocabulary work: labels that become one, labels that imply others, labels too rare to learn."""

from corelate.data.curation.curate import CurationOptions, apply_curation, curate
from corelate.data.curation.curation import Curation
from corelate.data.curation.hierarchy import LabelHierarchy

__all__ = ["Curation", "CurationOptions", "LabelHierarchy", "apply_curation", "curate"]

"""Maps of label vectors before and after a training: alike labels lie near each other."""

from corelate.explain.label_maps.map_options import MapOptions
from corelate.explain.label_maps.maps import LabelMap, LabelMaps, map_labels
from corelate.explain.label_maps.sources import label_maps, map_of_data

__all__ = ["LabelMap", "LabelMaps", "MapOptions", "label_maps", "map_labels", "map_of_data"]

"""Keywords in the metadata of pictures: where each picture format keeps them, and what the blocks of metadata say."""

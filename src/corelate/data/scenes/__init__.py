"""Pictures drawn from a seed: scenes of things that go together, for tests, demonstrations and first steps.

`grammar` says which labels a scene has, `drawing` paints it, `reference` makes it a picture of a data set, and
`writing` puts scenes into files.
"""

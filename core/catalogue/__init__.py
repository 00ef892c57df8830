"""The runs of a directory: listed, filtered, labelled, deleted."""

"""The sections of the survey report, one module each. A section never leaves a part out: an empty one says why."""

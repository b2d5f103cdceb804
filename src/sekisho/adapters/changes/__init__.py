"""Proposed changes in the commands of the device concerned, each read back and judged again before it is offered."""

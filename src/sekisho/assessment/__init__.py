"""The main job for one hospital: from its case to its judged result and its documents. Shared by command line and portal."""

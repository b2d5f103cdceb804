"""Work that takes longer than a page: queued, with progress that the page shows."""

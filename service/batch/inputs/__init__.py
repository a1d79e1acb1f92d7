"""What a run is given: recordings, texts, folders, manifests."""

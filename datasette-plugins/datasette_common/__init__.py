"""What several of these plugins need and none of them is about; no plugin itself."""

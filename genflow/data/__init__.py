"""Images: sets in memory or on the disk, and where they come from"""

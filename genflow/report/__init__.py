"""The laboratory: the studies behind the report's numbers"""

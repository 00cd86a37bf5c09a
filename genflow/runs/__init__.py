"""From a named recipe to a run's folder: trained, resumed, read, evaluated, shared"""

"""To be looked at: pictures, sliders in a notebook and in a browser, export"""

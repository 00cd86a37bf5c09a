"""Several runs side by side: sweeps, the table, the page, `genflow reproduce`"""

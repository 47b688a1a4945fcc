"""Measurements of the product beside its peers. Nothing of the product imports them."""

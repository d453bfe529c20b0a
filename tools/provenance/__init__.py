"""Where a promo came from, signed into the file by the Coalition for Content Provenance and Authenticity's standard (C2PA)."""

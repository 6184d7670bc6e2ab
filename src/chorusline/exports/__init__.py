"""A finished case in the forms that others take: archives, bundles, tables, summaries."""

"""From the figures to the page: aims, tables, charts."""

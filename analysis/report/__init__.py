"""The report: one offline page, and the tables, figures and data beside it."""

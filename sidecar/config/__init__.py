"""Reads what people wrote: ha.cf, haresources, authkeys, options."""

"""ScrapeBadger as its documentation describes it."""

"""A made-up X behind the wire shapes of ScrapeBadger and Apify, for the local world and tests."""

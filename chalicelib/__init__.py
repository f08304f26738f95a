"""ctgo: finds leads among the people who newly follow or engage with accounts on X."""

"""Makes of the source what CloudFormation and Lambda take: a template and an archive."""

"""Brings a packaged stage to CloudFormation: AWS, or an emulator that AWS_ENDPOINT_URL names."""

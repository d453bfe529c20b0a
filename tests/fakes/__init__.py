"""Stand-ins of AWS with state, as strict as botocore's model of each service lets them be."""

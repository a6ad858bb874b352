"""What several workloads of images share: networks, their sizes, views, JPEGs."""

"""A double of the two halves of Cloudflare that the program uses: the REST API, and the edge that obeys it."""

"""Order flow: what quotes and trades say about supply and demand."""

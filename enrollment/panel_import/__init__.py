"""Import of a panel: a CSV file of patients that is checked and committed as a whole."""

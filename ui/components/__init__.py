"""Interactive parts that Streamlit does not have."""

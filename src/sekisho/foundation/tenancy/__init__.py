"""Hospitals, who may act for which, and the scope that keeps one hospital from seeing another."""

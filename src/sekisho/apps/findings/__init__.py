"""Findings of diagnoses: kept, merged across sources, judged by people, compared between runs."""

"""Self-assessment: question banks as content, scoring, and a result in words."""

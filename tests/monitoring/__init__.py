"""What watches the pair: the alerts and dashboards of compose/monitoring, made and proved.

``python -m tests.monitoring --write`` writes the rules, Grafana's alerts and the dashboards anew,
out of one description of each, so that none of them is written twice.
"""

"""The reader of AlliedWare Plus: speed. What it shares with its kin stands in test_cisco_like.py."""

import time

from sekisho.adapters.configurations.alliedware_plus.reader import read


def test_read_takes_twenty_thousand_rules_in_linear_time():
    head = "interface vlan1\n ip address 10.0.0.1/8\n access-group A\naccess-list hardware A\n"
    lines = [f" {k} permit tcp 10.{k % 250}.{k // 250}.0/24 host 10.1.1.{k % 250} eq {k + 1}" for k in range(20_000)]
    took = []
    for count in (5_000, 20_000):
        started = time.process_time()
        configuration = read(head + "\n".join(lines[:count]))
        took.append(time.process_time() - started)
        assert sum(len(one.rules) for one in configuration.rulesets) == count
        assert configuration.coverage == 1.0
    assert took[1] < 12 * took[0] + 0.2
    assert took[1] < 4  # about 0.8 s on an idle machine

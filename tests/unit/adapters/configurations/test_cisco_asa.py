"""The reader of Cisco ASA: speed. What it shares with its kin stands in test_cisco_like.py."""

import time

from sekisho.adapters.configurations.cisco_asa.reader import read


def test_read_takes_twenty_thousand_rules_in_linear_time():
    head = "ASA Version 9.1\ninterface E0\n nameif outside\n ip address 10.0.0.1 255.0.0.0\naccess-group A in interface outside\n"
    rest = "access-list A extended permit tcp 10.{}.{}.0 255.255.255.0 host 10.1.1.{} eq {}"
    lines = [rest.format(k % 250, k // 250, k % 250, k + 1) for k in range(20_000)]
    took = []
    for count in (5_000, 20_000):
        started = time.process_time()
        configuration = read(head + "\n".join(lines[:count]))
        took.append(time.process_time() - started)
        assert len(configuration.rulesets[-1].rules) == count
        assert configuration.coverage == 1.0
    assert took[1] < 12 * took[0] + 0.2
    assert took[1] < 4  # about 0.8 s on an idle machine

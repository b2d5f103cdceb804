"""What the readers and writers of Cisco IOS, Cisco ASA and AlliedWare Plus share: their words, lists and objects."""

# The first process of a demo node: it only owns the node's network. Engines before 28 give several networks
# interface names in any order: here the service network's becomes eth0 and the other one eth1, as in ha.cf.
set -eu
rm -f /run/ready
service=$(ip -o -4 address show to 10.213.171.0/24 | cut -d ' ' -f 2)
if [ "$service" != eth0 ]; then
    ip link set eth0 down
    ip link set eth1 down
    ip link set eth0 name spare
    ip link set eth1 name eth0
    ip link set spare name eth1
    ip link set eth0 up
    ip link set eth1 up
fi
# A demo node talks to its own two networks only.
ip route del default 2>/dev/null || true
touch /run/ready
exec sleep infinity

"""Names on the wire: the fields of a message and the message types.

Each name is spelled exactly as a Heartbeat 3 node spells it (protocol sections 2.1 and 2.2).
Values are not listed here: what a field may say is decided where it is read.
"""

from typing import Final

# The envelope, which the sender adds to every message.
T: Final = "t"  # the message type
SRC: Final = "src"  # the sender's node name, lower case
SRCUUID: Final = "srcuuid"  # the sender's uuid, 16 raw bytes
SEQ: Final = "seq"  # sequence number, hex, from 1; absent on NS_ messages
HG: Final = "hg"  # the sender's generation, hex
TS: Final = "ts"  # the sender's clock, seconds since 1970, hex
LD: Final = "ld"  # first line of /proc/loadavg; absent on NS_ messages
TTL: Final = "ttl"  # hops left, decimal: hopfudge plus the number of configured nodes
DEST: Final = "dest"  # the addressed node; without it the message is for everybody
DESTUUID: Final = "destuuid"  # uuid of dest; 16 zero bytes where it is not known
AUTH: Final = "auth"  # the inner authentication: key number, blank, value

# Heartbeats, and retransmission below them.
ST: Final = "st"  # status of a node, or join/leave of a client
DT: Final = "dt"  # the sender's deadtime in milliseconds, hex
PROTOCOL: Final = "protocol"  # always 1; without it the receiver stops flow control
ACKSEQ: Final = "ackseq"  # acknowledged up to here, hex
FIRSTSEQ: Final = "firstseq"  # decimal in NS_rexmit, hex in NS_nak_rexmit
LASTSEQ: Final = "lastseq"  # decimal
INFO: Final = "info"  # why, in a word that depends on the message type

# Resources.
RSC_HOLD: Final = "rsc_hold"  # none, local, foreign or all, as the sender sees it
RTYPE: Final = "rtype"  # always full
ISSTABLE: Final = "isstable"  # 1 when the sender is through with moving resources
IPADDR: Final = "ipaddr"  # the key of a resource group
WEOWN: Final = "weown"  # whether the answering node owned the group
OK: Final = "ok"  # OK: the group may be taken
NODE: Final = "node"  # the fenced node
RESULT: Final = "result"  # outcome of the fencing

# The node list and local clients.
NODELIST: Final = "nodelist"  # node names, each followed by a blank
DELNODELIST: Final = "delnodelist"  # deleted nodes; a single blank when there are none
FROM_ID: Final = "from_id"  # the local client that sends
TO_ID: Final = "to_id"  # the local client addressed
CLIENT_GEN: Final = "client_gen"  # generation of the sending client
NUM_PING: Final = "num_ping"  # number of reachable ping nodes, decimal

# A whole message, compressed (protocol section 1.4).
COMPRESSED_PAYLOAD: Final = "_compressed_payload"  # the compressed bytes
COMPRESSION_ALGORITHM: Final = "_compression_algorithm"  # zlib or bz2

# Message types. Those that begin with NS_ carry no sequence number and are never retransmitted.
UNSEQUENCED_PREFIX: Final = "NS_"
STATUS: Final = "status"  # the heartbeat
NS_ACKMSG: Final = "NS_ackmsg"  # acknowledges up to ackseq
NS_REXMIT: Final = "NS_rexmit"  # please send these again
NS_NAK_REXMIT: Final = "NS_nak_rexmit"  # cannot send that again
NS_ST: Final = "NS_st"  # the payload of a ping node's ICMP echo
REQNODES: Final = "reqnodes"  # asks for the node list at start
REPNODES: Final = "repnodes"  # answers with the node list
STARTING: Final = "starting"  # "I am up; what do you hold?"
RESOURCE: Final = "resource"  # what the sender holds
ASK_RESOURCES: Final = "ask_resources"  # the standby protocol: me, other, done
IP_REQUEST: Final = "ip-request"  # legacy failback: give me this group
IP_REQUEST_RESP: Final = "ip-request-resp"  # legacy failback: you may take it
HB_TAKEOVER: Final = "hb_takeover"  # asks the peer to go standby
SHUTDONE: Final = "shutdone"  # resources released, shutting down
STONITH: Final = "stonith"  # notice of a fencing result
HBAPI_CLSTAT: Final = "hbapi-clstat"  # a local client of the sender came or went
NUM_PING_NODES: Final = "num_ping_nodes"  # ipfail: so many ping nodes answer me
YOU_ARE_DEAD: Final = "you_are_dead"  # ipfail: you reach fewer than I do
ABORT_GIVEUP: Final = "abort_giveup"  # ipfail: we reach the same number
QUERY_CSTATUS: Final = "query-cstatus"  # not used with haresources
RESPOND_CSTATUS: Final = "respond-cstatus"  # not used with haresources
ADDNODE: Final = "addnode"  # not used with haresources
DELNODE: Final = "delnode"  # not used with haresources
SETWEIGHT: Final = "setweight"  # not used with haresources
SETSITE: Final = "setsite"  # not used with haresources

"""What a network costs and what its gates do, measured: numbers and arrays that are recorded with the run."""

from ..models.cost import Cost as Cost
from ..models.cost import cost as cost
from .gates import Reading as Reading
from .gates import read as read
from .gates import replaced as replaced
from .latency import Latency as Latency
from .latency import latency as latency
from .trained import probe as probe

# SPDX-License-Identifier: ISC
"""Times as noroshi writes them."""
import time


def utc(us):
    """Microseconds since 1970 as RFC 3339 has them, in UTC."""
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(us // 1000000)) + f'.{us % 1000000:06d}Z'

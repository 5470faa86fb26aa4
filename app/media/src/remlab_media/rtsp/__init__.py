"""Pulls H.264 from an IP camera: RTSP (RFC 2326) with RTP inside the same TCP connection.

Written out instead of borrowed from FFmpeg for one reason: FFmpeg's parser holds each picture
back until the next one begins, which is 67 ms at 15 pictures a second. RTP marks the last packet
of a picture, so nothing has to be held back.
"""

// Live screens: position, order and truth on top of htmx's socket extension.

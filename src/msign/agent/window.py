"""The consent window, a process of its own: JSON in, JSON out. To close it is to refuse."""

from __future__ import annotations

import json
import sys
import tkinter as tk
from tkinter import ttk
from typing import Any


def main() -> None:
    """Show the question of standard input; write the PIN, or nothing, to standard output."""
    question = json.load(sys.stdin)
    json.dump(_ask(question), sys.stdout)


def _ask(question: dict[str, Any]) -> dict[str, str]:
    root = tk.Tk()
    root.title(str(question["title"]))
    root.attributes("-topmost", True)
    answer: dict[str, str] = {}
    frame = ttk.Frame(root, padding=24)
    frame.grid(sticky="nsew")
    ttk.Label(frame, text=question["title"], font=("TkDefaultFont", 16, "bold")).grid(sticky="w", pady=(0, 12))
    box = tk.Text(frame, width=84, height=min(24, len(question["lines"]) + 1), wrap="word", font="TkFixedFont")
    box.insert("1.0", "\n".join(question["lines"]))
    box.configure(state="disabled")
    box.grid(sticky="nsew")
    ttk.Label(frame, text=question["pin"]).grid(sticky="w", pady=(12, 4))
    pin = ttk.Entry(frame, show="•")
    pin.grid(sticky="ew")
    buttons = ttk.Frame(frame)
    buttons.grid(sticky="e", pady=(16, 0))

    def sign(_event: object = None) -> None:
        if pin.get():
            answer["pin"] = pin.get()
            root.destroy()

    ttk.Button(buttons, text=question["refuse"], command=root.destroy).grid(row=0, column=0, padx=(0, 12))
    ttk.Button(buttons, text=question["sign"], command=sign).grid(row=0, column=1)
    pin.bind("<Return>", sign)
    root.bind("<Escape>", lambda _event: root.destroy())
    pin.focus_set()
    root.mainloop()
    return answer


if __name__ == "__main__":
    main()

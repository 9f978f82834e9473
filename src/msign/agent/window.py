"""The consent window, a process of its own: JSON in, JSON out. To close it is to refuse."""

from __future__ import annotations

import json
import math
import sys
import tkinter as tk
from tkinter import font, ttk
from typing import Any

_PAPER, _TEXT, _QUIET, _LINE = "#ffffff", "#1b1f24", "#57606a", "#d0d7de"
_BLUE, _DARK_BLUE, _RED, _PINK = "#1f4e8c", "#163a69", "#9b1c1c", "#fdecec"
_WIDTH = 560  # of the longest line of text, in units of 1/96 inch
_MOST_LINES, _FEWEST_LINES = 14, 3  # of the list of documents before it scrolls
_GROUPS = 8  # of four digits in a line of a digest


class ConsentWindow:
    """One column: the question on top, what is wrong, the PIN, the keys at the bottom.

    ``answer`` holds the PIN once the person has agreed, and is empty otherwise.
    """

    def __init__(self, question: dict[str, Any]) -> None:
        self.answer: dict[str, str] = {}
        self.root = tk.Tk()
        self.root.title(str(question["title"]))
        self.root.configure(background=_PAPER)
        self.root.attributes("-topmost", True)
        self.root.resizable(width=False, height=False)
        self._unit = self.root.winfo_fpixels("1i") / 96
        self._fonts()
        self._styles()
        self.frame = ttk.Frame(self.root, padding=self._px(28))
        self.frame.grid(sticky="nsew")
        self._heading(str(question["title"]))
        self._facts(question["facts"])
        self.list = self._documents(question["documents"])
        self._problems(question["problems"])
        self.pin = self._pin(str(question["pin"]))
        self.refuse, self.sign = self._keys(str(question["refuse"]), str(question["sign"]))
        self.root.bind("<Escape>", lambda _event: self.root.destroy())
        self._centre()
        self.pin.focus_set()

    def agree(self, _event: object = None) -> None:
        """Take the PIN and close; without one nothing happens."""
        if self.pin.get():
            self.answer["pin"] = self.pin.get()
            self.root.destroy()

    def _px(self, size: float) -> int:
        return round(size * self._unit)

    def _fonts(self) -> None:
        base = font.nametofont("TkDefaultFont")
        family = base.actual("family")
        self.body = font.Font(family=family, size=11)
        self.bold = font.Font(family=family, size=11, weight="bold")
        self.title = font.Font(family=family, size=17, weight="bold")
        self.mono = font.Font(family=font.nametofont("TkFixedFont").actual("family"), size=9)

    def _styles(self) -> None:
        style = ttk.Style(self.root)
        style.theme_use("clam")
        style.configure(".", background=_PAPER, foreground=_TEXT, font=self.body)
        style.configure("Quiet.TLabel", foreground=_QUIET)
        style.configure("Problem.TLabel", background=_PINK, foreground=_RED, font=self.bold)
        style.configure("TEntry", padding=self._px(7), bordercolor=_QUIET, lightcolor=_PAPER)
        style.map("TEntry", bordercolor=[("focus", _BLUE)], lightcolor=[("focus", _BLUE)])
        padding = (self._px(18), self._px(9))
        for name, fill, dark, ink in (
            ("Sign.TButton", _BLUE, _DARK_BLUE, _PAPER),
            ("Refuse.TButton", _PAPER, "#eef2f6", _BLUE),
        ):
            style.configure(name, font=self.bold, padding=padding, background=fill, foreground=ink, bordercolor=_BLUE)
            style.configure(name, lightcolor=fill, darkcolor=fill, focuscolor=ink)
            style.map(name, background=[("active", dark), ("pressed", dark)], foreground=[("disabled", _QUIET)])

    def _heading(self, words: str) -> None:
        label = ttk.Label(self.frame, text=words, font=self.title, wraplength=self._px(_WIDTH))
        label.grid(sticky="w", pady=(0, self._px(16)))

    def _facts(self, facts: list[tuple[str, str]]) -> None:
        for name, value in facts:
            ttk.Label(self.frame, text=name, style="Quiet.TLabel").grid(sticky="w")
            label = ttk.Label(self.frame, text=value, font=self.bold, wraplength=self._px(_WIDTH), justify="left")
            label.grid(sticky="w", pady=(0, self._px(10)))

    def _documents(self, documents: dict[str, Any]) -> tk.Text:
        ttk.Label(self.frame, text=documents["title"], style="Quiet.TLabel").grid(sticky="w", pady=(0, self._px(4)))
        box = tk.Frame(self.frame, background=_LINE, padx=1, pady=1)
        box.grid(sticky="ew", pady=(0, self._px(12)))
        text = tk.Text(box, width=1, wrap="word", font=self.body, relief="flat", background=_PAPER, foreground=_TEXT)
        text.configure(padx=self._px(10), pady=self._px(8), highlightthickness=0, spacing3=self._px(2), takefocus=0)
        text.tag_configure("digest", font=self.mono, foreground=_QUIET, lmargin1=self._px(20), lmargin2=self._px(20))
        for number, (name, digest) in enumerate(documents["rows"], 1):
            text.insert("end", f"{number}. {name}\n")
            text.insert("end", f"{_folded(digest)}\n", "digest")
        text.insert("end", documents["more"])
        if not documents["more"]:
            text.delete("end-2c")  # the last line's end would be shown as an empty line
        text.configure(state="disabled", height=_MOST_LINES)
        box.columnconfigure(0, weight=1)
        text.grid(row=0, column=0, sticky="nsew")
        self._shorten(text, box)
        return text

    def _shorten(self, text: tk.Text, box: tk.Frame) -> None:
        """As high as what is in it; with a bar where that is too much."""
        box.configure(width=self._px(_WIDTH))
        self.frame.columnconfigure(0, minsize=self._px(_WIDTH))
        self.root.update_idletasks()
        [height] = text.count("1.0", "end", "ypixels") or (0,)
        self.wanted = math.ceil(height / self.body.metrics("linespace"))
        text.configure(height=min(self.wanted, _MOST_LINES))
        self.bar = ttk.Scrollbar(box, command=text.yview)
        text.configure(yscrollcommand=self.bar.set)

    def _problems(self, problems: list[str]) -> None:
        for words in problems:
            label = ttk.Label(self.frame, text=words, style="Problem.TLabel", wraplength=self._px(_WIDTH - 24))
            label.configure(padding=self._px(10))
            label.grid(sticky="ew", pady=(0, self._px(8)))

    def _pin(self, words: str) -> ttk.Entry:
        ttk.Label(self.frame, text=words).grid(sticky="w", pady=(self._px(4), self._px(4)))
        entry = ttk.Entry(self.frame, show="•", font=self.title, width=16)
        entry.grid(sticky="w")
        entry.bind("<Return>", self.agree)
        return entry

    def _keys(self, refuse: str, sign: str) -> tuple[ttk.Button, ttk.Button]:
        row = ttk.Frame(self.frame)
        row.grid(sticky="w", pady=(self._px(20), 0))
        yes = ttk.Button(row, text=sign, command=self.agree, style="Sign.TButton")
        no = ttk.Button(row, text=refuse, command=self.root.destroy, style="Refuse.TButton")
        for column, button in enumerate((yes, no)):
            button.grid(row=0, column=column, padx=(0, self._px(12)))
            button.bind("<Return>", lambda event: event.widget.invoke())
        return no, yes

    def _centre(self) -> None:
        """In the middle of the screen; on a low one the list gives way, so that the keys are always in sight."""
        self.root.update_idletasks()
        lines = int(self.list["height"])
        while lines > _FEWEST_LINES and self.root.winfo_reqheight() > self.root.winfo_screenheight() - self._px(80):
            lines -= 1
            self.list.configure(height=lines)
            self.root.update_idletasks()
        if lines < self.wanted:
            self.bar.grid(row=0, column=1, sticky="ns")
            self.list.configure(takefocus=1)
        width, height = self.root.winfo_reqwidth(), self.root.winfo_reqheight()
        left = max(0, (self.root.winfo_screenwidth() - width) // 2)
        top = max(0, (self.root.winfo_screenheight() - height) // 3)
        self.root.geometry(f"+{left}+{top}")


def _folded(digest: str) -> str:
    """Break the digits of a digest where they can be compared line by line."""
    kind, _, digits = digest.partition(" ")
    groups = digits.split(" ")
    parts = [" ".join(groups[at : at + _GROUPS]) for at in range(0, len(groups), _GROUPS)]
    return f"{kind}\u2002" + f"\n{'':{len(kind)}}\u2002".join(parts)


def main() -> None:
    """Show the question of standard input; write the PIN, or nothing, to standard output."""
    window = ConsentWindow(json.load(sys.stdin))
    window.root.mainloop()
    json.dump(window.answer, sys.stdout)


if __name__ == "__main__":
    main()

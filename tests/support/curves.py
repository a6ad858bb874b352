"""Scripts that read and switch the curves of the open dialog of the page."""

CHARTS = "[...document.querySelectorAll('dialog[open] .chart')]"
TITLES = f"{CHARTS}.map(one => one.querySelector('h4').textContent)"
NOTE = "document.querySelector('dialog[open] .overlay [role=status]').textContent"
# how far the page and the dialog hang over the screen, in pixels
OVERHANG = "[...document.querySelectorAll('html, dialog[open]')].map(one => one.scrollWidth - one.clientWidth)"
# the text of each line's value under the first chart: {line: value}
VALUES = f"""Object.fromEntries([...{CHARTS}[0].querySelectorAll('.values li:not(.at)')].map((item) => {{
    const value = item.querySelector('output').textContent;
    return [item.textContent.replace(value, '').trim(), value];
}}))"""

# the horizontal range of each chart
RANGES = "opened.get(document.querySelector('dialog[open]').dataset.of).plots.map(({scales: {x}}) => [x.min, x.max])"


def canvas(browser) -> tuple[float, float, float, float]:
    """x, y, width and height of the first chart, which is scrolled into view."""
    browser.run(f"{CHARTS}[0].scrollIntoView({{block: 'center'}})")
    return browser.run(f"""(() => {{ const at = {CHARTS}[0].querySelector('.u-over').getBoundingClientRect();
        return [at.x, at.y, at.width, at.height]; }})()""")


def press(text: str) -> str:
    """The script that presses the first button of this text in the open dialog."""
    every = "[...document.querySelectorAll('dialog[open] button')]"
    return f"{every}.find(one => one.textContent === '{text}').click()"


def switch(browser, name: str, *texts: str) -> None:
    """Click the switches of these texts."""
    for text in texts:
        browser.click(f"""[...document.querySelectorAll('dialog[open] label:has(input[name={name}])')]
            .find(label => label.textContent.trim() === '{text}')""")

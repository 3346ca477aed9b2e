/**
 * The script that a page includes: it waits for a reload event, and then until the page can be loaded again.
 * `document.currentScript` exists only while the script runs for the first time.
 */
export const script = `{
  const source = new EventSource(new URL('/events', document.currentScript.src));
  const again = () =>
    fetch(location.href, { method: 'HEAD', cache: 'no-store' }).then(
      ({ status }) => (status < 500 ? location.reload() : setTimeout(again, 200)),
      () => setTimeout(again, 200),
    );
  source.addEventListener('reload', () => {
    source.close();
    again();
  });
}
`;

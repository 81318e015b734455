import { html } from "../core/html.js";

/**
 * Rows in columns; on a phone each row is a block with the columns' names. `columns` is
 * [{key, title, cell(row), className}]; `rowKey(row)` names a row, `onRow(row)` makes rows open something by a click
 * (give the row a button or link as well: a row takes no focus).
 */
export function Table({ label, columns, rows, rowKey, onRow, rowClass = () => "" }) {
  return html`<div class="table-frame">
    <table aria-label=${label}>
      <thead>
        <tr>${columns.map((column) => html`<th key=${column.key} scope="col" class=${column.className ?? ""}>${column.title}</th>`)}</tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr
              key=${rowKey(row)}
              class=${`${rowClass(row)} ${onRow ? "opens" : ""}`}
              onClick=${onRow && ((event) => !event.target.closest("a, button, input, label") && onRow(row))}
            >
              ${columns.map(
                (column) =>
                  html`<td key=${column.key} class=${column.className ?? ""} data-title=${column.title}>
                    <div class="cell">${column.cell(row)}</div>
                  </td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

import type { ReactNode } from "react";

export interface TableColumn<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  readonly numeric?: boolean;
}

interface Props<Row> {
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly none: string;
}

/** A table that turns into a list of cards on a phone; the first column names the row. */
export function DataTable<Row>({ caption, columns, rows, rowKey, none }: Props<Row>) {
  if (rows.length === 0) return <p className="muted">{none}</p>;
  return (
    <table className="data-table">
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" className={column.numeric ? "number-cell" : undefined}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column, index) => {
              const className = column.numeric ? "number-cell" : undefined;
              const content = <span className="cell">{column.cell(row)}</span>;
              return index === 0 ? (
                <th key={column.name} scope="row">
                  {content}
                </th>
              ) : (
                <td key={column.name} data-name={column.name} className={className}>
                  {content}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

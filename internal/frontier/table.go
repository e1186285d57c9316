package frontier

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// columns are those of the table of points.
var columns = []string{"interval_ms", "msgs_per_op", "floor", "median_ms", "max_ms"}

// maxRows bounds a table that is read.
const maxRows = 1000

// WriteTable writes points as CSV, in three decimals of a message and one of a millisecond.
func WriteTable(w io.Writer, points []Point) error {
	out := csv.NewWriter(w)
	rows := [][]string{columns}
	for _, p := range points {
		number := func(x float64, decimals int) string { return strconv.FormatFloat(x, 'f', decimals, 64) }
		rows = append(rows, []string{
			strconv.FormatInt(p.Interval.Milliseconds(), 10), number(p.MsgsPerOp, 3), number(p.Floor, 3), number(p.Median, 1), number(p.Max, 1),
		})
	}
	return out.WriteAll(rows)
}

// ReadTable reads what WriteTable has written. It refuses what cannot be drawn: no rows, more
// than a thousand, and figures that are not positive numbers.
func ReadTable(r io.Reader) ([]Point, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = len(columns)
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("frontier: the table's head: %w", err)
	}
	if !slices.Equal(head, columns) {
		return nil, fmt.Errorf("frontier: the table's columns are %q, want %q", head, columns)
	}
	var points []Point
	for {
		row, err := in.Read()
		switch {
		case err == io.EOF && len(points) > 0:
			return points, nil
		case err != nil:
			return nil, fmt.Errorf("frontier: row %d of the table: %w", len(points)+1, err)
		case len(points) == maxRows:
			return nil, fmt.Errorf("frontier: the table has more than %d rows", maxRows)
		}
		p, err := parseRow(row)
		if err != nil {
			return nil, fmt.Errorf("frontier: row %d of the table: %w", len(points)+1, err)
		}
		points = append(points, p)
	}
}

func parseRow(row []string) (Point, error) {
	interval, err := strconv.ParseUint(row[0], 10, 31)
	if err != nil {
		return Point{}, err
	}
	var figures [4]float64
	for i := range figures {
		if figures[i], err = strconv.ParseFloat(row[i+1], 64); err != nil {
			return Point{}, err
		}
		if !(figures[i] > 0 && figures[i] < 1e9) {
			return Point{}, fmt.Errorf("%s is %v, and must be a positive number below 1e9", columns[i+1], figures[i])
		}
	}
	return Point{time.Duration(interval) * ms, figures[0], figures[1], figures[2], figures[3]}, nil
}
